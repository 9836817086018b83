from django.urls import path

from emissions import views


app_name = "emissions"
urlpatterns = [
    path("", views.home, name="home"),
    path("sites/<int:site_id>/<int:year>/", views.activity, name="activity"),
    path("suppliers/<int:supplier_id>/", views.supplier, name="supplier"),
    path("suppliers/<int:supplier_id>/<int:year>/", views.inventory, name="inventory"),
    path("factors/", views.factor_sets, name="factor_sets"),
    path("factors/<int:pk>/", views.factor_set, name="factor_set"),
]
