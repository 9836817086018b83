from django.urls import path

from suppliers.api import views


urlpatterns = [
    path("suppliers/", views.SupplierList.as_view(), name="api_supplier_list"),
    path("suppliers/<int:pk>/", views.SupplierDetail.as_view(), name="api_supplier_detail"),
]
